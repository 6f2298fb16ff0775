import {Traffic} from './traffic';
import type {TrafficPlan} from './traffic';

/** Clients in a process of their own: what keeps the server busy does not keep them from asking. See `startTraffic`. */
process.once('message', (plan: TrafficPlan) => {
  const traffic = new Traffic(plan);
  process.once('message', () => {
    void traffic.stop().then(tally => {
      process.send?.(tally, () => {
        process.disconnect();
      });
    });
  });
});
