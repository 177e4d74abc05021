import { extensionsOf } from '../extensions.ts'

export const { keepUnknown, ownFields, reportForeign } = extensionsOf('messages')
