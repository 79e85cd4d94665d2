import type { Money } from '$lib/money';

export interface Toast {
  readonly id: number;
  readonly tone: 'good' | 'plain' | 'warning';
  readonly text: string;
  readonly amount?: Money;
  readonly href?: string;
}

const SHOWN_FOR_MS = 5000;
const AT_ONCE = 3;

class Toasts {
  shown = $state<Toast[]>([]);
  #next = 1;

  add(toast: Omit<Toast, 'id'>): void {
    const id = this.#next++;
    this.shown = [...this.shown, { ...toast, id }].slice(-AT_ONCE);
    setTimeout(() => this.drop(id), SHOWN_FOR_MS);
  }

  drop(id: number): void {
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
