import { getHistory, type HistoryQuery } from '$lib/api';
import { asProblem, type Problem } from '$lib/api/problem';
import type { Entry } from '$lib/api/types';

const PAGE = 30;

/** The list of bills under one filter, grown page by page as it is scrolled. */
class Bills {
  entries = $state.raw<Entry[]>([]);
  next = $state<string | null>(null);
  /** The list is at its end, and older entries are in the archive. */
  archived = $state(false);
  started = $state(false);
  loading = $state(false);
  problem = $state.raw<Problem | null>(null);
  filter = $state.raw<HistoryQuery>({});
  #turn = 0;

  /** Starts anew under this filter. */
  async show(filter: HistoryQuery): Promise<void> {
    this.filter = filter;
    await this.#fetch(undefined);
  }

  async more(): Promise<void> {
    if (this.loading || this.next === null) return;
    await this.#fetch(this.next);
  }

  clear(): void {
    this.#turn += 1;
    this.entries = [];
    this.next = null;
    this.archived = false;
    this.started = false;
    this.loading = false;
    this.filter = {};
  }

  async #fetch(cursor: string | undefined): Promise<void> {
    const turn = ++this.#turn;
    this.loading = true;
    this.problem = null;
    try {
      const page = await getHistory({ ...this.filter, limit: PAGE, cursor });
      if (turn !== this.#turn) return;
      this.entries = cursor === undefined ? page.entries : [...this.entries, ...page.entries];
      this.next = page.next;
      this.archived = page.archived;
      this.started = true;
    } catch (thrown) {
      if (turn === this.#turn) this.problem = asProblem(thrown);
    } finally {
      if (turn === this.#turn) this.loading = false;
    }
  }
}

export const bills = new Bills();
