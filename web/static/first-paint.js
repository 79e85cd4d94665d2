// Runs before the first paint, so that nobody is flashed by the wrong theme or read to in the wrong language.
(() => {
  const root = document.documentElement;
  try {
    const theme = localStorage.getItem('tael.theme');
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
    const locale = localStorage.getItem('tael.locale');
    const english = locale ? locale === 'en' : !/^zh\b/i.test(navigator.language);
    root.lang = english ? 'en' : 'zh-CN';
  } catch {
    // Storage may be blocked; the system's theme and Chinese then stand.
  }
})();
