import { serveScans } from '../scan/serve-scans.js';
import { searchSegment } from './search-segment.js';

serveScans(searchSegment);
