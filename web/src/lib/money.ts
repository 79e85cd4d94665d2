/** Money as it travels: an integer of minor units and its ISO 4217 currency. */
export interface Money {
  readonly value: number;
  readonly currency: string;
}

export interface MoneyParts {
  readonly negative: boolean;
  readonly symbol: string;
  readonly whole: string;
  /** Without its point; empty for currencies without minor units. */
  readonly fraction: string;
}

const exponents = new Map<string, number>();
const symbols = new Map<string, string>();

/** How many decimals the currency has (ISO 4217, from the browser's own tables). */
export function exponentOf(currency: string): number {
  let exponent = exponents.get(currency);
  if (exponent === undefined) {
    exponent =
      new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions()
        .maximumFractionDigits ?? 2;
    exponents.set(currency, exponent);
  }
  return exponent;
}

function symbolOf(currency: string): string {
  let symbol = symbols.get(currency);
  if (symbol === undefined) {
    const parts = new Intl.NumberFormat('en', {
      style: 'currency',
      currency,
      currencyDisplay: 'narrowSymbol',
    }).formatToParts(0);
    symbol = parts.find((part) => part.type === 'currency')?.value ?? currency;
    symbols.set(currency, symbol);
  }
  return symbol;
}

/** Cuts an amount for display by its digits alone: no amount ever becomes a fraction of a float. */
export function partsOf(money: Money): MoneyParts {
  const exponent = exponentOf(money.currency);
  const digits = String(Math.abs(money.value)).padStart(exponent + 1, '0');
  const cut = digits.length - exponent;
  return {
    negative: money.value < 0,
    symbol: symbolOf(money.currency),
    whole: digits.slice(0, cut).replace(/\B(?=(\d{3})+$)/g, ','),
    fraction: digits.slice(cut),
  };
}

/** The amount as one line of text, for labels, sharing and speech. */
export function textOf(money: Money): string {
  const { negative, symbol, whole, fraction } = partsOf(money);
  return `${negative ? '−' : ''}${symbol}${whole}${fraction ? `.${fraction}` : ''}`;
}

/** What a person typed, as minor units; null while it is not an amount above zero. */
export function amountFrom(typed: string, currency: string): Money | null {
  const exponent = exponentOf(currency);
  const match = /^(\d{1,12})(?:\.(\d*))?$/.exec(typed.replaceAll(',', ''));
  const whole = match?.[1];
  if (whole === undefined) return null;
  const fraction = match?.[2] ?? '';
  if (fraction.length > exponent) return null;
  const value = Number(whole + fraction.padEnd(exponent, '0'));
  return Number.isSafeInteger(value) && value > 0 ? { value, currency } : null;
}

/** Keeps a typed amount writable: digits, one point, no more decimals than the currency has. */
export function tidyAmount(typed: string, currency: string): string {
  const exponent = exponentOf(currency);
  const plain = typed.replace(/[。．]/g, '.').replace(/[^\d.]/g, '');
  const [whole = '', ...rest] = plain.split('.');
  const trimmed = whole.replace(/^0+(?=\d)/, '').slice(0, 9);
  if (rest.length === 0 || exponent === 0) return trimmed;
  return `${trimmed || '0'}.${rest.join('').slice(0, exponent)}`;
}
