/** Reads a page as strictly as XML is read, without fetching or running anything. */

export interface Element {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly parent: Element | undefined
  /** Of this element alone, with entities resolved. */
  text: string
}

const TOKEN = /<!DOCTYPE html>|<\/([A-Za-z][\w:-]*)\s*>|<([A-Za-z][\w:-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/y
const ATTRIBUTE = /([\w:-]+)="([^"]*)"/g
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

/** All elements in their order. @throws {Error} when the page is not well formed, with the place. */
export function elementsOf(page: string): Element[] {
  const all: Element[] = []
  let open: Element | undefined
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < page.length) {
    const at = TOKEN.lastIndex
    const match = TOKEN.exec(page)
    if (match === null) throw new Error(`no markup at ${at}: ${page.slice(at, at + 80)}`)
    const [, closed, name, attributes = '', slash, text] = match
    if (text !== undefined && open !== undefined) open.text += resolved(text, ['style', 'script'].includes(open.name))
    if (closed !== undefined) {
      if (open?.name !== closed) throw new Error(`</${closed}> at ${at} closes <${open?.name}>`)
      open = open.parent
    }
    if (name === undefined) continue
    const pairs = [...attributes.matchAll(ATTRIBUTE)].map(([, key, value]) => [key!, resolved(value!, false)] as const)
    const element: Element = { name, attributes: new Map(pairs), parent: open, text: '' }
    if (element.attributes.size !== pairs.length) throw new Error(`an attribute twice at ${at}`)
    all.push(element)
    if (slash === '') open = element
  }
  if (open !== undefined) throw new Error(`<${open.name}> is not closed`)
  return all
}

function resolved(text: string, isRaw: boolean): string {
  if (isRaw) return text
  return text.replace(/&([^;\s]*);?/g, (whole, name: string) => {
    const character = ENTITIES[name]
    if (character === undefined || !whole.endsWith(';')) throw new Error(`not an entity: ${whole}`)
    return character
  })
}
