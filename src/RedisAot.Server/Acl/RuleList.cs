using System.Text;

namespace RedisAot.Server.Acl;

/// <summary>The words of a user's definition, where a selector in parentheses may be spread over several.</summary>
internal static class RuleList
{
    /// <summary>Joins the words of each selector; false if a parenthesis stays open.</summary>
    /// <param name="words">The words.</param>
    /// <param name="rules">One rule an element.</param>
    /// <param name="unmatched">The word with the open parenthesis.</param>
    public static bool TryMerge(ReadOnlySpan<byte[]> words, out List<byte[]> rules, out byte[] unmatched)
    {
        rules = [];
        unmatched = [];
        byte[]? selector = null;
        foreach (byte[] word in words)
        {
            if (selector != null)
            {
                selector = [.. selector, (byte)' ', .. word];
            }
            else if (word is [(byte)'(', ..] && word[^1] != ')')
            {
                selector = unmatched = word;
                continue;
            }
            if (selector == null)
            {
                rules.Add(word);
            }
            else if (word is [.., (byte)')'])
            {
                rules.Add(selector);
                selector = null;
            }
        }
        return selector == null;
    }

    /// <summary>Applies rules to a user until one is refused; answers what is wrong with which, or null.</summary>
    public static (RuleError Error, byte[] Rule)? Apply(User user, List<byte[]> rules)
    {
        foreach (byte[] rule in rules)
        {
            RuleError error = user.Apply(rule);
            if (error != RuleError.None)
                return (error, rule);
        }
        return null;
    }

    /// <summary>Bytes as text of one character each.</summary>
    public static string Text(byte[] bytes) => Encoding.Latin1.GetString(bytes);
}
