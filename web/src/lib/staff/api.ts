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

// How the bank stands, and what is behind a movement
export type Today = Shapes['TodayBody'];
export type LogHead = Shapes['LogWire'];
export type MovementRow = Shapes['MovementRow'];
export type Trace = Shapes['TraceBody'];
export type Account = Shapes['AccountWire'];
export type AccountKind = Shapes['AccountKind'];
export type Act = Shapes['ActWire'];
export type StaffAct = Shapes['StaffAct'];

export interface MovementsQuery {
  number?: string;
  account?: number;
  day?: string;
  amount?: number;
  before?: string;
}

export const getToday = () => read(() => client.GET('/api/staff/today'));
export const getLogHead = () => read(() => client.GET('/api/staff/log'));
export const findMovements = (query: MovementsQuery) =>
  read(() => client.GET('/api/staff/movements', { params: { query } }));
export const getTrace = (movement: string) =>
  read(() => client.GET('/api/staff/movements/{movement}', { params: { path: { movement } } }));
export const findAccounts = (who: string) =>
  read(() => client.POST('/api/staff/accounts/lookup', { body: { who } })).then(
    (reply) => reply.accounts,
  );
export const getActs = (query: { before?: string; subject?: string }) =>
  read(() => client.GET('/api/staff/acts', { params: { query } }));

// What takes two people
export const getApprovals = (query: { state?: 'open' | 'ended'; before?: string }) =>
  read(() => client.GET('/api/staff/approvals', { params: { query } }));
export const getApproval = (approval: string) =>
  read(() => client.GET('/api/staff/approvals/{approval}', { params: { path: { approval } } }));

export const propose = (kind: string, terms: Record<string, unknown>, reason: string) => {
  const body = { kind, terms, reason };
  const path = '/api/staff/approvals';
  return act({ path, body, send: (how) => client.POST(path, { body, ...how }) });
};

export const decide = (approval: string, approve: boolean, reason: string) => {
  const body = { approve, reason };
  return act({
    path: `/api/staff/approvals/${approval}/decision`,
    body,
    send: (how) =>
      client.POST('/api/staff/approvals/{approval}/decision', {
        params: { path: { approval }, ...how.params },
        body,
      }),
  });
};

export const withdrawProposal = (approval: string, reason: string) => {
  const body = { reason };
  return act({
    path: `/api/staff/approvals/${approval}/withdrawal`,
    body,
    send: (how) =>
      client.POST('/api/staff/approvals/{approval}/withdrawal', {
        params: { path: { approval }, ...how.params },
        body,
      }),
  });
};

// Payouts
export type Preview = Shapes['PreviewBody'];
export type LineFault = Shapes['LineFault'];

export const checkPayout = (csv: string) =>
  read(() => client.POST('/api/staff/payouts/check', { body: { csv } }));

export const proposePayout = (body: Shapes['PayoutProposed']) => {
  const path = '/api/staff/payouts';
  return act({ path, body, send: (how) => client.POST(path, { body, ...how }) });
};

export const getPayout = (payout: string, after: number) =>
  read(() =>
    client.GET('/api/staff/payouts/{payout}', {
      params: { path: { payout }, query: { after } },
    }),
  );

// Closed days
export type CloseLine = Shapes['CloseLine'];
export type Close = Shapes['CloseBody'];

export const getCloses = (before?: string) =>
  read(() =>
    client.GET('/api/staff/closes', { params: { query: { ...(before ? { before } : {}) } } }),
  );
export const getClose = (day: string) =>
  read(() => client.GET('/api/staff/closes/{day}', { params: { path: { day } } }));
