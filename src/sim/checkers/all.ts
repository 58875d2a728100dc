/** Every checker there is, for a run with this truth. */
import type { Truth } from '../truth.ts'
import { Alarms } from './alarms.ts'
import { Authenticity } from './authenticity.ts'
import { Calm } from './calm.ts'
import { Caps } from './caps.ts'
import { Chain } from './chain.ts'
import type { Checker } from './checker.ts'
import { Delivery } from './delivery.ts'
import { Ghosts } from './ghosts.ts'
import { Knowledge } from './knowledge.ts'
import { Monotonic } from './monotonic.ts'
import { Nonce } from './nonce.ts'
import { OneValue } from './one-value.ts'
import { Pace } from './pace.ts'
import { Promised } from './promised.ts'
import { Removal } from './removal.ts'
import { Secrecy } from './secrecy.ts'
import { Signing } from './signing.ts'

export const allCheckers = (truth: Truth): Checker[] => [
  new Authenticity(truth),
  new Nonce(),
  new OneValue(truth),
  new Chain(truth),
  new Signing(truth),
  new Monotonic(truth),
  new Delivery(truth),
  new Caps(),
  new Pace(truth),
  new Calm(truth),
  new Alarms(truth),
  new Promised(truth),
  new Removal(truth),
  new Ghosts(truth),
  new Secrecy(truth),
  new Knowledge(truth)
]
