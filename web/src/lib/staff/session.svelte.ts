import { forgetAll } from '$lib/api/keys';
import { onProblem } from '$lib/api/wire';
import { getStaffSession, staffSignOut, type Role, type StaffSession } from './api';
import { STAFF_WORDS } from './refusals';

/** Who of the bank's people is signed in here, as the server last said. */
class StaffState {
  current = $state<StaffSession | null>(null);

  async ensure(): Promise<StaffSession> {
    return this.current ?? (this.current = await getStaffSession());
  }

  may(role: Role): boolean {
    return this.current?.roles.includes(role) ?? false;
  }

  async leave(): Promise<void> {
    await staffSignOut();
    forgetAll();
    this.current = null;
    await this.ensure();
  }
}

export const staff = new StaffState();

/** The screen that a session of this stage begins with. */
export function staffDoor(session: StaffSession): '/staff' | '/staff/password' | '/staff/sign-in' {
  if (session.stage === 'full') return '/staff';
  return session.stage === 'password_change' ? '/staff/password' : '/staff/sign-in';
}

onProblem((problem) => {
  if (!staff.current) return;
  if (problem.code === 'staff.signed_out') {
    staff.current = { ...staff.current, stage: 'anonymous', staff: null, roles: [] };
  } else if (problem.code === 'staff.password_change_due') {
    staff.current = { ...staff.current, stage: 'password_change' };
  }
});

// Customers never load the words of the console.
void import('$lib/problem/words').then(({ addWords }) => addWords(STAFF_WORDS));
