/**
 * Statements: who is admitted, removed, named, invited. The control log is the set of them.
 *
 * A statement is signed by its author and stands by itself: whoever repeats it adds nothing, whoever withholds it is found
 * out by the log's head. A removal names the admits that it ends, and an admit made in knowledge of a removal one of those: so
 * union of two logs is their merge, and a removal wins over every admit that did not know of it.
 */
import { EMPTY, equalBytes } from '../../base/bytes.ts'
import { hash } from '../../crypto/kdf.ts'
import { framed, LABEL } from '../../crypto/labels.ts'
import { type SigningKey, sign, verify } from '../../crypto/sign.ts'
import { decodeStrict } from '../../wire/codec.ts'
import {
  ADMIT_ID_BYTES,
  GROUP_BYTES,
  HASH_BYTES,
  NICK_BYTES,
  STATEMENT_BYTES,
  STATEMENT_ENDS,
  USER_BYTES
} from '../../wire/limits.ts'
import { Operation, SignedStatement, Statement } from '../../wire/messages.ts'
import { type Refusal, refuse } from '../reject.ts'

/** A statement whose form and signature were checked; whether its author may make it is the control log's question. */
export interface CheckedStatement {
  /** 32 bytes over author and content. */
  readonly id: Uint8Array
  readonly author: Uint8Array
  readonly statement: Statement
  /** A SignedStatement. */
  readonly bytes: Uint8Array
}

const BLANK: Statement = {
  channel: EMPTY,
  operation: Operation.OPERATION_UNSPECIFIED,
  subject: EMPTY,
  group: EMPTY,
  admitId: EMPTY,
  ends: [],
  heads: [],
  name: '',
  token: EMPTY,
  uses: 0,
  expiresAt: 0,
  previous: EMPTY,
  seq: 0,
  at: 0,
  isForCause: false
}

/** Makes and signs a statement; fields left out are empty. */
export function makeStatement(author: SigningKey, fields: Partial<Statement>): CheckedStatement {
  const statement = { ...BLANK, ...fields }
  const content = Statement.encode(statement)
  const signature = sign(author, framed(LABEL.statementSign, content))
  const bytes = SignedStatement.encode({ author: author.publicKey, content, signature })
  return { id: statementId(author.publicKey, content), author: author.publicKey, statement, bytes }
}

/**
 * Checks form and signature.
 *
 * @param bytes - a SignedStatement; kept.
 * @returns when they do not hold.
 */
export function readStatement(channel: Uint8Array, bytes: Uint8Array): CheckedStatement | Refusal {
  const signed = decodeStrict(SignedStatement, bytes, STATEMENT_BYTES)
  const statement = signed && decodeStrict(Statement, signed.content, STATEMENT_BYTES)
  if (signed === undefined || statement === undefined) return refuse(301)
  if (!equalBytes(statement.channel, channel) || !hasFieldsOfItsOperation(statement)) return refuse(301)
  if (!verify(signed.author, framed(LABEL.statementSign, signed.content), signed.signature)) return refuse(302)
  return { id: statementId(signed.author, signed.content), author: signed.author, statement, bytes }
}

const statementId = (author: Uint8Array, content: Uint8Array): Uint8Array => hash(LABEL.statementId, author, content)

function hasFieldsOfItsOperation(s: Statement): boolean {
  if (s.previous.length !== 0 && s.previous.length !== HASH_BYTES) return false
  if (s.name.length > NICK_BYTES || s.ends.length > STATEMENT_ENDS) return false
  if (!s.ends.every((id) => id.length === ADMIT_ID_BYTES)) return false
  const hasUser = s.subject.length === USER_BYTES
  const hasGroup = s.group.length === GROUP_BYTES
  switch (s.operation) {
    case Operation.ADMIT:
      return hasUser && s.admitId.length === ADMIT_ID_BYTES && (s.token.length === 0 || s.token.length === HASH_BYTES)
    case Operation.REMOVE:
    case Operation.WITHDRAW:
    case Operation.REGISTER_NICK:
      return hasUser
    case Operation.INVITE:
    case Operation.REVOKE_INVITE:
      return s.subject.length === HASH_BYTES
    case Operation.MAKE_GROUP:
      return hasGroup && s.name !== ''
    case Operation.DISSOLVE_GROUP:
      return hasGroup
    case Operation.PUT_INTO_GROUP:
      return hasGroup && hasUser && s.admitId.length === ADMIT_ID_BYTES
    case Operation.TAKE_OUT_OF_GROUP:
      return hasGroup && hasUser
    default:
      return false
  }
}
