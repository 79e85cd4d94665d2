import { afterNavigate } from '$app/navigation';

let steps = 0;

/** Counts the screens walked through, so that "back" on a cold start leads home, not out of the app. */
export function watchJourney(): void {
  afterNavigate((navigation) => {
    if (navigation.type === 'enter') steps = 0;
    else if (navigation.type === 'popstate') steps = Math.max(0, steps - 1);
    else steps += 1;
  });
}

export const cameFromWithin = (): boolean => steps > 0;
