import { getSession, signOut } from '$lib/api';
import { forgetAll } from '$lib/api/keys';
import { onProblem } from '$lib/api/wire';
import type { Session } from '$lib/api/types';

/** Who is signed in, as the server last said. */
class SessionState {
  current = $state<Session | null>(null);
  /** The number typed at sign-in, so that codes and forgotten PINs need no second typing. Never stored. */
  phone = $state('');
  #clockSkew_ms = 0;

  /** The session, asked for at most once at a start. Throws a problem when nobody answers. */
  async ensure(): Promise<Session> {
    return this.current ?? this.reload();
  }

  async reload(): Promise<Session> {
    return this.adopt(await getSession());
  }

  adopt(session: Session): Session {
    this.current = session;
    this.#clockSkew_ms = Date.parse(session.business_time) - Date.now();
    return session;
  }

  /** The bank's own time: the sandbox may be days ahead of the machine. */
  get bankNow(): Date {
    return new Date(Date.now() + this.#clockSkew_ms);
  }

  async leave(): Promise<void> {
    await signOut();
    this.forget();
    await this.reload();
  }

  /** Drops everything that belongs to the person who was signed in. */
  forget(): void {
    this.current = null;
    this.phone = '';
    forgetAll();
  }
}

export const session = new SessionState();

onProblem((problem) => {
  const now = session.current;
  if (!now) return;
  if (problem.code === 'identity.signed_out') {
    session.current = { ...now, stage: 'anonymous', customer: null };
  } else if (problem.code === 'identity.pin_required' && now.stage === 'full') {
    session.current = { ...now, stage: 'phone_verified' };
  }
});
