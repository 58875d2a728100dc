/** What a process runs that is started on this file: the program without the version guard of bin/conclave.js. */
import { start } from './main.ts'

process.umask(0o077)
await start()
