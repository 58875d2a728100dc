/** Base58 in Bitcoin's alphabet: the text form of user ids, as libp2p writes peer ids. */
import { fromString } from 'uint8arrays/from-string'
import { toString as uint8ToString } from 'uint8arrays/to-string'

/** The time of base58 grows with the square of the length, so a stranger's text is cut off here. */
const TEXT_LENGTH = 128

/** Text of the bytes. */
export const base58 = (bytes: Uint8Array): string => uint8ToString(bytes, 'base58btc')

/** The bytes of a base58 text of at most 128 characters, or undefined when it is not canonical base58. */
export function unbase58(text: string): Uint8Array | undefined {
  if (text.length > TEXT_LENGTH || !/^[1-9A-HJ-NP-Za-km-z]*$/.test(text)) return undefined
  try {
    const bytes = fromString(text, 'base58btc')
    return base58(bytes) === text ? bytes : undefined
  } catch {
    return undefined
  }
}
