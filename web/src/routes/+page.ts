import { redirect } from '@sveltejs/kit';
import { doorFor } from '$lib/state/door';
import { session } from '$lib/state/session.svelte';

/** Nobody stays at the root: it leads to wherever this person stands. */
export async function load(): Promise<never> {
  redirect(307, doorFor(await session.ensure()));
}
