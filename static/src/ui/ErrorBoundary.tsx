// Keeps a fault in one machine's panel from taking the others with it.

import { Component, type ComponentChildren } from "preact";
import { Banner } from "./Banner";

type Props = { name: string; children: ComponentChildren };

export class ErrorBoundary extends Component<Props, { error: string | null }> {
  override state = { error: null as string | null };

  static override getDerivedStateFromError(error: unknown): { error: string } {
    return { error: error instanceof Error ? error.message : String(error) };
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    const again = (
      <button type="button" class="button" onClick={() => this.setState({ error: null })}>
        Try again
      </button>
    );
    return (
      <Banner icon="octagon" tone="critical" urgent actions={again}>
        {this.props.name} could not be shown: {this.state.error}. The machine itself is not affected.
      </Banner>
    );
  }
}
