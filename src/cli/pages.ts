/** A history part by part, for whoever asks a running peer. */
import type { ReadForm } from './forms.ts'
import type { Session } from './session.ts'

/** What is read; without `since` and `limit` what is new. */
export interface ReadRange {
  /** ms since 1970 */
  readonly since?: number
  /** The last ones; 0: all. */
  readonly limit?: number
}

interface ReadParams extends ReadRange {
  readonly channel: string
  readonly group?: string
  readonly raw?: boolean
}

/** Each part is small enough for one answer. What waits may come twice, when some of it goes out meanwhile. */
export async function* readPages(
  session: Pick<Session, 'call'>,
  { limit, ...params }: ReadParams
): AsyncGenerator<ReadForm> {
  const unread = params.since === undefined && limit === undefined
  let next: object = limit === undefined ? {} : { limit }
  for (;;) {
    const page = await session.call<ReadForm>('read', { ...params, ...next })
    yield page
    if (page.after !== undefined) next = { after: page.after, unread }
    else if (page.waitingLeft > 0) next = { afterWaiting: page.waiting.at(-1)!.local }
    else return
  }
}
