using System.Globalization;
using System.Text;

namespace RedisAot.TestSupport;

/// <summary>One argument of a command: bytes, written in tests as a string (UTF-8), a number or a byte array.</summary>
public readonly record struct Argument(byte[] Bytes)
{
    public static implicit operator Argument(string text) => new(Encoding.UTF8.GetBytes(text));

    public static implicit operator Argument(byte[] bytes) => new(bytes);

    public static implicit operator Argument(long number) => number.ToString(CultureInfo.InvariantCulture);

    public override string ToString() => RespText.Quote(Bytes);
}
