import { asProblem, type Problem } from '$lib/api/problem';

/** Something a screen reads from the server: its value, why it is missing, whether it is on its way. */
export class Resource<T> {
  value = $state.raw<T | null>(null);
  problem = $state.raw<Problem | null>(null);
  loading = $state(false);
  readonly #fetch: () => Promise<T>;
  #latest = 0;

  constructor(fetch: () => Promise<T>) {
    this.#fetch = fetch;
  }

  /** Reads anew; what is shown stays until the new value is there. An older answer never overtakes. */
  async reload(): Promise<void> {
    const turn = ++this.#latest;
    this.loading = true;
    try {
      const value = await this.#fetch();
      if (turn !== this.#latest) return;
      this.value = value;
      this.problem = null;
    } catch (thrown) {
      if (turn !== this.#latest) return;
      this.problem = asProblem(thrown);
    } finally {
      if (turn === this.#latest) this.loading = false;
    }
  }

  clear(): void {
    this.#latest += 1;
    this.value = null;
    this.problem = null;
    this.loading = false;
  }
}
