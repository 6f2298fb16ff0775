import {COUNTERS, HISTOGRAMS, recordMetrics, sampleState, STATE_METRICS} from './metrics';
import type {Metric, Sample, ServerState} from './metrics';

/**
 * What is used of the `prom-client` module, which the application passes in: it is an optional peer dependency, and
 * its types appear nowhere in ours.
 */
export interface PromClient<Registry> {
  readonly Counter: new (options: PromOptions<Registry>) => {
    reset(): void;
    inc(labels: Record<string, string>, by: number): void;
  };
  readonly Gauge: new (options: PromOptions<Registry>) => {
    reset(): void;
    set(labels: Record<string, string>, value: number): void;
  };
  readonly Histogram: new (options: PromOptions<Registry> & {buckets: number[]}) => {
    observe(labels: Record<string, string>, value: number): void;
  };
}

/** What the metrics of `prom-client` are made with. */
export interface PromOptions<Registry> {
  name: string;
  help: string;
  labelNames: string[];
  registers: Registry[];
  collect?: () => void;
}

/**
 * Registers every metric of this library with a `prom-client` registry and keeps them current.
 *
 * @param state what the server tells about itself, asked for at each scrape
 * @returns a function that ends it and takes the metrics out of the registry
 */
export function bindPrometheus<Registry extends {removeSingleMetric(name: string): void}>(
  client: PromClient<Registry>,
  registry: Registry,
  state: () => ServerState,
): () => void {
  const options = (name: string, {help, labels}: Metric): PromOptions<Registry> => {
    return {name, help, labelNames: [...labels], registers: [registry]};
  };
  const counters = new Map(
    Object.entries(COUNTERS).map(([name, metric]) => [name, new client.Counter(options(name, metric))]),
  );
  const histograms = new Map(
    Object.entries(HISTOGRAMS).map(([name, metric]) => {
      return [name, new client.Histogram({...options(name, metric), buckets: [...metric.buckets]})];
    }),
  );
  for (const [name, metric] of Object.entries(STATE_METRICS)) {
    bindState(client, metric.kind, options(name, metric), () => sampleState(state(), new Date()));
  }
  const stop = recordMetrics({
    count: (metric, labels, by) => counters.get(metric)?.inc({...labels}, by),
    observe: (metric, labels, value) => histograms.get(metric)?.observe({...labels}, value),
  });
  return () => {
    stop();
    for (const name of Object.keys({...COUNTERS, ...HISTOGRAMS, ...STATE_METRICS})) registry.removeSingleMetric(name);
  };
}

/** A metric that is read anew at each scrape, so that a role or a source that is gone leaves nothing behind. */
function bindState<Registry>(
  client: PromClient<Registry>,
  kind: 'gauge' | 'counter',
  options: PromOptions<Registry>,
  samples: () => readonly Sample[],
): void {
  const own = (): readonly Sample[] => samples().filter(({metric}) => metric === options.name);
  if (kind === 'gauge') {
    const gauge = new client.Gauge({
      ...options,
      collect: () => {
        gauge.reset();
        for (const {labels, value} of own()) gauge.set({...labels}, value);
      },
    });
    return;
  }
  const counter = new client.Counter({
    ...options,
    collect: () => {
      counter.reset();
      for (const {labels, value} of own()) counter.inc({...labels}, value);
    },
  });
}
