import { overwriteGetLocale } from '$lib/paraglide/runtime';

export type Locale = 'zh-CN' | 'en';
export type Theme = 'system' | 'light' | 'dark';

function stored(name: string): string | null {
  try {
    return localStorage.getItem(`tael.${name}`);
  } catch {
    return null; // Storage may be blocked; choices then last as long as the page.
  }
}

function store(name: string, value: string): void {
  try {
    localStorage.setItem(`tael.${name}`, value);
  } catch {
    // As above: the choice holds until the page is left.
  }
}

function firstLocale(): Locale {
  const chosen = stored('locale');
  if (chosen === 'en' || chosen === 'zh-CN') return chosen;
  return /^zh\b/i.test(navigator.language) ? 'zh-CN' : 'en';
}

function firstTheme(): Theme {
  const chosen = stored('theme');
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system';
}

/** What the person chose on this device. Nothing here is secret and nothing here moves money. */
class Preferences {
  #locale = $state<Locale>(firstLocale());
  #theme = $state<Theme>(firstTheme());
  #amountsHidden = $state(stored('hidden') === 'yes');
  #keypadShuffled = $state(stored('shuffled') === 'yes');

  get locale(): Locale {
    return this.#locale;
  }

  set locale(locale: Locale) {
    this.#locale = locale;
    store('locale', locale);
    document.documentElement.lang = locale;
  }

  /** Whether the language was picked here, rather than guessed from the browser. */
  get localeChosen(): boolean {
    return stored('locale') !== null;
  }

  get theme(): Theme {
    return this.#theme;
  }

  set theme(theme: Theme) {
    this.#theme = theme;
    store('theme', theme);
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }

  get amountsHidden(): boolean {
    return this.#amountsHidden;
  }

  set amountsHidden(hidden: boolean) {
    this.#amountsHidden = hidden;
    store('hidden', hidden ? 'yes' : 'no');
  }

  get keypadShuffled(): boolean {
    return this.#keypadShuffled;
  }

  set keypadShuffled(shuffled: boolean) {
    this.#keypadShuffled = shuffled;
    store('shuffled', shuffled ? 'yes' : 'no');
  }
}

export const preferences = new Preferences();

// Messages read this rune, so a change of language redraws every text without a reload.
overwriteGetLocale(() => preferences.locale);
