// What every search is asked with: who asks, and which page of how many.

import type { ClientFacts } from '../../domain/caller.ts';
import type { Asked } from '../checks/asked.ts';

export type SearchQuestion = {
  readonly client: ClientFacts;
  /** In the place of what is searched stands anything of its type. */
  readonly asked: Asked;
  readonly limit: number;
  /** Where the last page ended; null: from the beginning. */
  readonly after: string | null;
};
