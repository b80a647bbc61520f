/**
 * How a service shows its figures to Prometheus: text over HTTP, on one address. What is counted, and what it is
 * called, each service decides.
 */
export { MetricsEndpoint } from './metrics-endpoint.js';
export { processMetrics } from './process-metrics.js';
export { Counter, Gauge, Histogram, Registry } from 'prom-client';
