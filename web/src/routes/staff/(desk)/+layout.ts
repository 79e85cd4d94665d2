import { redirect } from '@sveltejs/kit';
import { asProblem } from '$lib/api/problem';
import { staff, staffDoor } from '$lib/staff/session.svelte';

/** Lets only signed-in staff to the desk; without a network, the frame still opens and says so. */
export async function load(): Promise<{ reached: boolean }> {
  let now;
  try {
    now = await staff.ensure();
  } catch (thrown) {
    if (asProblem(thrown).offline) return { reached: false };
    throw thrown;
  }
  if (now.stage !== 'full') redirect(307, staffDoor(now));
  return { reached: true };
}
