// @grafana/runtime reads the boot data when it is loaded, so it must be there before.
import { writeBootData } from './boot';

writeBootData();
const { start } = await import('./start');
await start();
