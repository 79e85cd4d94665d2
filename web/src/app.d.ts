declare global {
  namespace App {
    /** A payee that was chosen on the transfer screen. */
    interface PagePayee {
      payee: string;
      name: string;
      phone?: string;
      firstTime?: boolean;
    }

    interface PageState {
      payee?: PagePayee;
    }
  }
}

export {};
