/** How long things may take in a channel, and how many may be in it, as options of the commands that set them. */
import type { Arguments } from './arguments.ts'

/** Times in ms, 0 for off; undefined for what is not given. */
export const channelLimits = (options: Arguments['options']) => ({
  fence: options.has('fence') ? options.duration('fence', 0) : undefined,
  keyLifetime: options.has('key-lifetime') ? options.duration('key-lifetime', 0) : undefined,
  step: options.durationOrOff('step'),
  idle: options.durationOrOff('idle'),
  grace: options.has('grace') ? options.duration('grace', 0) : undefined,
  retention: options.durationOrOff('retention'),
  maxMembers: options.count('max-members')
})
