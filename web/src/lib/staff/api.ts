/** Every call of the console, one function each, typed by the server's OpenAPI document. */
import type { components } from '$lib/api/schema';
import { act, client, read } from '$lib/api/wire';

type Shapes = components['schemas'];

export type StaffSession = Shapes['StaffSessionBody'];
export type Role = Shapes['Role'];
export type Approval = Shapes['ApprovalWire'];

// The door
export const getStaffSession = () => read(() => client.GET('/api/staff/session'));

export const staffSignIn = (login: string, password: string) => {
  const body = { login, password };
  const path = '/api/staff/sign-in';
  return act({ path, body, send: (how) => client.POST(path, { body, ...how }) });
};

export const changeStaffPassword = (present: string, chosen: string) => {
  const body = { present, chosen };
  const path = '/api/staff/password';
  return act({ path, body, send: (how) => client.POST(path, { body, ...how }) });
};

export const staffSignOut = () => {
  const path = '/api/staff/sign-out';
  return act({ path, send: (how) => client.POST(path, { ...how }) });
};
