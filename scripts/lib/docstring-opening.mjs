/** The first word of a clause that has to be decoded. */
const CLAUSE = /^(?:How|That|What|Where|Whether|Which|Who|Whose|Why)\b/;

/**
 * An ESLint rule: the docstring of an export begins with a noun that names the thing, or with a
 * verb that says what the function does.
 *
 * @type {import('eslint').Rule.RuleModule}
 */
export const docstringOpening = {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: {
      clause: 'Begin the docstring with a noun or a verb, not with the clause "{{word}} …".',
    },
  },
  create(context) {
    return {
      'ExportNamedDeclaration, ExportDefaultDeclaration'(
        /** @type {import('eslint').Rule.Node} */ node,
      ) {
        const comment = context.sourceCode.getCommentsBefore(node).at(-1);
        if (comment?.type !== 'Block' || !comment.value.startsWith('*')) return;
        const [word] = CLAUSE.exec(comment.value.replace(/^[\s*]+/, '')) ?? [];
        if (word !== undefined) context.report({ node, messageId: 'clause', data: { word } });
      },
    };
  },
};
