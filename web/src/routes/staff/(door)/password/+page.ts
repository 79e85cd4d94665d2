import { redirect } from '@sveltejs/kit';
import { staff, staffDoor } from '$lib/staff/session.svelte';

/** For whoever has a password already, be it one for one sign-in only. */
export async function load(): Promise<void> {
  const now = await staff.ensure();
  if (now.stage === 'anonymous') redirect(307, staffDoor(now));
}
