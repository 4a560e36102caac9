// Before the first paint: the theme that was chosen here, else the system's.
try {
  const theme = localStorage.getItem('kedge-theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch (error) {
  console.warn('The choice of a theme cannot be kept:', error);
}
// The schema library would try to compile code, which the page's content security policy reports.
globalThis['__zod_globalConfig'] = { jitless: true };
