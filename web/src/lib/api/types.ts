/** The server's shapes under the names that the app uses. All come from its OpenAPI document. */
import type { components } from './schema';

type Shapes = components['schemas'];

export type Session = Shapes['SessionBody'];
export type Challenge = Shapes['CodeSent'];
export type Language = Shapes['LanguageChosen']['language'];
/** What an authorisation covers, and nothing else. */
export type Terms = Omit<Shapes['AuthorisationAsked'], 'pin'>;
export type Authorisation = Shapes['AuthorisationGiven'];
export type IdentityProof = Shapes['IdentityShown'];

export type Wallet = Shapes['WalletBody'];
export type PastBalance = Shapes['PastBalanceBody'];
export type Interest = Shapes['InterestBody'];
export type Limits = Shapes['LimitsBody'];
export type LimitName = Shapes['LimitBody']['limit'];
export type WalletClass = Shapes['ClassBody'];
export type Raise = Shapes['RaiseBody'];
export type Closing = Shapes['ClosingBody'];
export type Kept = Shapes['KeptBody'];
export type Obstacle = Shapes['ObstacleBody'];

export type Card = Shapes['CardBody'];
export type BankName = Shapes['BankName'];
export type RecognisedCard = Shapes['RecognisedBody'];
export type NewCard = Shapes['BindingAsked'];
export type Binding = Shapes['BindingBody'];
export type CardMove = Shapes['CardTransferAsked'];
export type CardTransfer = Shapes['CardTransferBody'];

export type Payee = Shapes['PayeeWire'];
export type Resolved = Shapes['ResolvedWire'];
export type DeclineReason = Shapes['DeclineReason'];
export type NewPayment = Shapes['PaymentRequest'];
export type Payment = Shapes['PaymentWire'];
export type Refund = Shapes['RefundWire'];
export type Funding = NewPayment['funding'];
export type RecentPayee = Shapes['RecentPayeeWire'];
export type NewTransfer = Shapes['TransferRequest'];
export type Transfer = Shapes['TransferWire'];
export type Rehearsed =
  Shapes['RehearsedPayment'] | Shapes['RehearsedTransfer'] | Shapes['RehearsedCardTransfer'];
export type Rehearsal = Shapes['RehearsalBody'];
export type StandingOrder = Shapes['StandingOrderWire'];
export type NewStandingOrder = Shapes['StandingOrderAsked'];
export type Timetable = Shapes['TimetableWire'];
export type ReceiveCode = Shapes['ReceiveCodeWire'];

export type MovementKind = Shapes['MovementKind'];
export type Entry = Shapes['EntryWire'];
export type EntryDetail = Shapes['EntryDetail'];
export type ReceiptFile = Shapes['ReceiptFile'];
export type EntryPage = Shapes['HistoryPage'];

export type StatementMonth = Shapes['MonthWire'];

export type SandboxShop = Shapes['Shop'];
export type TillPayment = Shapes['TillPayment'];
export type SandboxCard = Shapes['SandboxCard'];

/** The payload of the `money_in` event, which OpenAPI cannot describe. */
export type MoneyIn = Pick<Entry, 'movement' | 'amount' | 'counterparty' | 'at'> & {
  readonly kind?: 'refund';
  readonly destination?: Refund['destination'];
};

/** The payload of the `standing_order_failed` event. */
export type StandingOrderFailed = Pick<StandingOrder, 'standing_order' | 'amount'>;
