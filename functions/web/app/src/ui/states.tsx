import type { ComponentChildren, ComponentType } from "preact";
import { t } from "../language";
import { Button } from "./button";
import { messageOf } from "./errors";
import { Icon, type IconName } from "./icon";
import { useLoad, type LoadState } from "./load";
import { Notice } from "./notice";

/** Grey bars in the place of content that is loading, so that nothing moves when it arrives. `height` is in rem. */
export const Skeleton = ({ height = 1.5, width = "100%" }: { height?: number; width?: string }) => (
  <span class="skeleton" style={{ blockSize: `${height}rem`, inlineSize: width }} />
);

/** Skeletons of cards: as many as usually fit, each of the height in rem of the final card. */
export const SkeletonCards = ({ count = 6, height = 9 }: { count?: number; height?: number }) => (
  <div class="grid" aria-hidden="true">{Array.from({ length: count }, (_, index) => <Skeleton key={index} height={height} />)}</div>
);

/** Skeletons of the rows of a list or table. */
export const SkeletonRows = ({ count = 8, height = 3 }: { count?: number; height?: number }) => (
  <div class="stack" aria-hidden="true">{Array.from({ length: count }, (_, index) => <Skeleton key={index} height={height} />)}</div>
);

/** Says that there is nothing to show, and what the user can do. */
export const Empty = ({ icon = "list", children }: { icon?: IconName; children: ComponentChildren }) => (
  <div class="empty"><Icon name={icon} />{typeof children === "string" ? <p>{children}</p> : children}</div>
);

/** Why something could not be loaded, with a button to try again. */
export const LoadError = ({ error, onRetry }: { error: unknown; onRetry: () => void }) => (
  <Notice tone="bad" role="alert">
    <p>{messageOf(error)}</p>
    <Button onClick={onRetry}>{t.ui.again}</Button>
  </Notice>
);

/** Shows the loaded data, a skeleton while it is loading, or the error with a button to try again. */
export function WhenLoaded<Data>({ state, skeleton = <SkeletonRows count={3} />, children }: {
  state: LoadState<Data>;
  skeleton?: ComponentChildren;
  children: (data: Data) => ComponentChildren;
}) {
  if (state.error !== undefined) return <LoadError error={state.error} onRetry={state.reload} />;
  if (state.data === undefined) {
    return (
      <div class="loading" aria-busy="true">
        <p class="hidden" role="status">{t.ui.loading}</p>
        {skeleton}
      </div>
    );
  }
  return <>{children(state.data)}</>;
}

/** Returns a component that is loaded when it is first shown. */
export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  return (props) => {
    const state = useLoad(load, []);
    return <WhenLoaded state={state}>{(Component) => <Component {...props} />}</WhenLoaded>;
  };
}
