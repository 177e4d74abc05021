import { extensionsOf } from '../extensions.ts'

export const { keepUnknown, reportForeign } = extensionsOf('completions')
