// A single-page app: every screen belongs to one signed-in person, so there is nothing to render ahead.
export const ssr = false;
export const prerender = false;
export const trailingSlash = 'never';
