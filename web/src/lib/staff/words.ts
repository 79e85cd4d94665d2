/** Words for the closed lists of values that only the console shows. */
import { m } from '$lib/paraglide/messages';
import type { Role } from './api';

export function roleName(role: Role): string {
  switch (role) {
    case 'clerk':
      return m.staff_role_clerk();
    case 'checker':
      return m.staff_role_checker();
    case 'auditor':
      return m.staff_role_auditor();
    default:
      return m.staff_role_administrator();
  }
}
