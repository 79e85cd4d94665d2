import type { Session } from '$lib/api/types';

/** The screen that a session of this stage begins with. */
export function doorFor(session: Session): '/home' | '/unlock' | '/sign-up' | '/welcome' {
  if (session.stage === 'full') return '/home';
  if (session.stage === 'phone_verified') return session.registered ? '/unlock' : '/sign-up';
  return '/welcome';
}
