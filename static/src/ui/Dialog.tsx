// A dialog: the browser's own, so focus stays in it and Escape leaves it.

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "./Icon";
import { StopInDialog } from "./StopCorner";

type Props = { title: string; onClose: () => void; children: ComponentChildren; testId?: string };

/** Open for as long as it is rendered. */
export function Dialog({ title, onClose, children, testId }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const opener = document.activeElement;
    ref.current?.showModal();
    return () => {
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  return (
    <dialog ref={ref} aria-label={title} data-testid={testId} onCancel={(event) => {
      event.preventDefault();
      onClose();
    }}>
      <header class="dialog-head">
        <h2 class="grow">{title}</h2>
        <button type="button" class="button quiet" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <div class="dialog-body">{children}</div>
      <StopInDialog />
    </dialog>
  );
}
