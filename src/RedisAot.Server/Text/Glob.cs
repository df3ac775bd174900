namespace RedisAot.Server.Text;

/// <summary>
/// Glob patterns of KEYS, SCAN, PSUBSCRIBE, CONFIG GET and ACL rules: <c>*</c>, <c>?</c>, <c>[a-z]</c>, <c>[^x]</c> and backslash
/// escapes, with the official server's quirks (an empty string matches only an empty pattern; bytes order as signed in ranges).
/// </summary>
public static class Glob
{
    /// <summary>How many stars may be pending before a match is given up, against patterns made to overflow the stack.</summary>
    private const int MaxNesting = 1000;

    /// <summary>Whether the whole of <paramref name="text"/> matches.</summary>
    public static bool IsMatch(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text, bool ignoreCase = false)
    {
        bool skipLonger = false;
        return Match(pattern, text, ignoreCase, ref skipLonger, 0);
    }

    /// <param name="skipLonger">
    /// Set once the rest of the pattern after a star matched nowhere: earlier stars then need not try longer matches either,
    /// which keeps patterns of many stars from taking exponential time.
    /// </param>
    private static bool Match(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text, bool ignoreCase, ref bool skipLonger, int nesting)
    {
        if (nesting > MaxNesting)
            return false;

        while (!pattern.IsEmpty && !text.IsEmpty)
        {
            switch (pattern[0])
            {
                case (byte)'*':
                    return MatchStar(pattern, text, ignoreCase, ref skipLonger, nesting);
                case (byte)'?':
                    pattern = pattern[1..];
                    break;
                case (byte)'[':
                    if (!MatchClass(ref pattern, text[0], ignoreCase))
                        return false;
                    break;
                default:
                    if (pattern[0] == '\\' && pattern.Length >= 2)
                        pattern = pattern[1..];
                    if (!AreEqual(pattern[0], text[0], ignoreCase))
                        return false;
                    pattern = pattern[1..];
                    break;
            }
            text = text[1..];
            if (text.IsEmpty)
                return pattern.TrimStart((byte)'*').IsEmpty;
        }
        return pattern.IsEmpty && text.IsEmpty;
    }

    private static bool MatchStar(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text, bool ignoreCase, ref bool skipLonger, int nesting)
    {
        pattern = pattern.TrimStart((byte)'*');
        if (pattern.IsEmpty)
            return true;
        for (; !text.IsEmpty; text = text[1..])
        {
            if (Match(pattern, text, ignoreCase, ref skipLonger, nesting + 1))
                return true;
            if (skipLonger)
                return false;
        }
        skipLonger = true;
        return false;
    }

    /// <summary>Matches one byte against the class at the front of the pattern and moves behind it; a missing bracket is forgiven.</summary>
    private static bool MatchClass(ref ReadOnlySpan<byte> pattern, byte value, bool ignoreCase)
    {
        ReadOnlySpan<byte> rest = pattern[1..];
        bool negated = !rest.IsEmpty && rest[0] == '^';
        if (negated)
            rest = rest[1..];

        bool found = false;
        while (!rest.IsEmpty && rest[0] != ']')
        {
            if (rest[0] == '\\' && rest.Length >= 2)
            {
                found |= rest[1] == value; // an escaped member is never folded
                rest = rest[2..];
            }
            else if (rest.Length >= 3 && rest[1] == '-')
            {
                found |= IsInRange(rest[0], rest[2], value, ignoreCase);
                rest = rest[3..];
            }
            else
            {
                found |= AreEqual(rest[0], value, ignoreCase);
                rest = rest[1..];
            }
        }
        pattern = rest.IsEmpty ? rest : rest[1..];
        return found != negated;
    }

    private static bool IsInRange(byte first, byte last, byte value, bool ignoreCase)
    {
        int start = (sbyte)first, end = (sbyte)last;
        if (start > end)
            (start, end) = (end, start);
        int c = (sbyte)value;
        if (ignoreCase)
            (start, end, c) = (Fold(start), Fold(end), Fold(c));
        return c >= start && c <= end;
    }

    private static bool AreEqual(byte left, byte right, bool ignoreCase) =>
        left == right || (ignoreCase && Fold(left) == Fold(right));

    private static int Fold(int c) => c is >= 'A' and <= 'Z' ? c + ('a' - 'A') : c;
}
