import { redirect } from '@sveltejs/kit';
import { asProblem } from '$lib/api/problem';
import { doorFor } from '$lib/state/door';
import { session } from '$lib/state/session.svelte';

/** Lets only the fully signed in inside; without a network, the shell still opens and says so. */
export async function load(): Promise<{ reached: boolean }> {
  let now;
  try {
    now = await session.ensure();
  } catch (thrown) {
    if (asProblem(thrown).offline) return { reached: false };
    throw thrown;
  }
  if (now.stage !== 'full') redirect(307, doorFor(now));
  return { reached: true };
}
