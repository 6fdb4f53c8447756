/** Returns a click handler for a link that acts in this page. A click for a new tab or window still follows the link. */
export const inThisPage = (action: () => void) => (event: MouseEvent): void => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  action();
};
