/** An RFC 9457 body of the server, with the members that every one of its refusals has. */
export interface ProblemBody {
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly advice: 'never' | 'same_key' | 'new_key';
  readonly detail?: string;
  readonly request_id?: string;
  readonly [member: string]: unknown;
}

/**
 * Why a call did not do what was asked. `code` is the server's, or one of three of our own:
 * `app.offline` (nothing was sent or nothing came back), `app.unreadable` (an answer that is not
 * ours) and `app.cancelled`.
 */
export class Problem extends Error {
  readonly body: ProblemBody;

  constructor(body: ProblemBody) {
    super(`${body.code}: ${body.title}`);
    this.name = 'Problem';
    this.body = body;
  }

  get code(): string {
    return this.body.code;
  }

  /** Whether the server has answered for good: only then may the client forget its key. */
  get definite(): boolean {
    return this.body.advice !== 'same_key';
  }

  get offline(): boolean {
    return this.code === 'app.offline';
  }
}

export function offline(): Problem {
  return new Problem({
    title: 'No connection',
    status: 0,
    code: 'app.offline',
    advice: 'same_key',
  });
}

function isProblemBody(value: unknown): value is ProblemBody {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as ProblemBody).code === 'string' &&
    typeof (value as ProblemBody).title === 'string'
  );
}

/** Reads a refusal; whatever is not a problem body (a proxy's page, say) keeps the key alive. */
export function problemFrom(status: number, body: unknown): Problem {
  if (isProblemBody(body)) {
    return new Problem({ ...body, status, advice: body.advice ?? 'same_key' });
  }
  return new Problem({
    title: 'Unreadable answer',
    status,
    code: 'app.unreadable',
    advice: 'same_key',
  });
}

/** Anything thrown, as a problem that a screen can show. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  return new Problem({
    title: thrown instanceof Error ? thrown.message : String(thrown),
    status: 0,
    code: 'app.unexpected',
    advice: 'same_key',
  });
}
