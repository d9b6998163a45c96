// Jest setup provided by Grafana scaffolding
import './.config/jest-setup';
import { configure } from '@testing-library/react';
import { TransformStream } from 'stream/web';

// React 19 schedules with it, and jsdom has none. Node's own would keep Jest from ending.
class TimerMessageChannel {
  constructor() {
    this.port1 = {};
    this.port2 = { postMessage: () => setTimeout(() => this.port1.onmessage?.({}), 0) };
  }
}

// How long findBy… and waitFor wait: a busy machine is no failure.
configure({ asyncUtilTimeout: 30_000 });

// What the components use and jsdom lacks.
class NoObserver {
  observe() {}
  unobserve() {}
  disconnect() {}
}

Object.assign(global, {
  MessageChannel: TimerMessageChannel,
  ResizeObserver: NoObserver,
  IntersectionObserver: NoObserver,
  TransformStream,
});
Element.prototype.scrollTo = () => {};
// Text is measured on a canvas.
HTMLCanvasElement.prototype.getContext = () => ({ measureText: (text) => ({ width: 8 * text.length }) });
// Long lists show only the rows that they have room for, and in jsdom everything is 0 high.
for (const size of ['clientHeight', 'clientWidth', 'offsetHeight', 'offsetWidth']) {
  Object.defineProperty(HTMLElement.prototype, size, { configurable: true, value: 400 });
}
