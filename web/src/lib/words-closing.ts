import type { Closing, Kept } from './api/types';

/** What stands in the way, and what stays, in the server's words. */
export const obstacleWords = (obstacle: Closing['obstacles'][number]): string => obstacle.title;

export const keptWords = (kept: Kept): { what: string; why: string } => ({
  what: kept.what,
  why: kept.why,
});
