using System.Buffers.Binary;
using System.Text;
using RedisAot.Data;

namespace RedisAot.UnitTests.Persistence;

/// <summary>Composes RDB data byte by byte, so that tests do not depend on the writer, and forms that are only read can be tested too.</summary>
internal sealed class RdbBytes
{
    private readonly List<byte> _bytes = [];

    public int Length => _bytes.Count;

    public RdbBytes Byte(int value)
    {
        _bytes.Add((byte)value);
        return this;
    }

    public RdbBytes Raw(ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public RdbBytes Raw(string text) => Raw(Encoding.Latin1.GetBytes(text));

    public RdbBytes Int16(long value) => Number(value, 2);

    public RdbBytes Int32(long value) => Number(value, 4);

    public RdbBytes Int64(long value) => Number(value, 8);

    public RdbBytes BigEndian64(long value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return Raw(bytes);
    }

    public RdbBytes Double(double value) => Number(BitConverter.DoubleToInt64Bits(value), 8);

    public RdbBytes Count(int value)
    {
        if (value < 64)
            return Byte(value);
        if (value < 1 << 14)
            return Byte(0x40 | value >> 8).Byte(value);
        return Byte(0x80).Byte(value >> 24).Byte(value >> 16).Byte(value >> 8).Byte(value);
    }

    public RdbBytes String(ReadOnlySpan<byte> bytes) => Count(bytes.Length).Raw(bytes);

    public RdbBytes String(string text) => String(Encoding.Latin1.GetBytes(text));

    /// <summary>What has been composed.</summary>
    public byte[] ToArray() => [.. _bytes];

    /// <summary>What has been composed, with the trailer of a DUMP payload.</summary>
    public byte[] ToPayload(int version = 9) => WithChecksum([.. _bytes, (byte)version, (byte)(version >> 8)]);

    /// <summary>The bytes with their checksum behind them.</summary>
    public static byte[] WithChecksum(ReadOnlySpan<byte> bytes)
    {
        byte[] checksum = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(checksum, Crc64.Append(0, bytes));
        return [.. bytes, .. checksum];
    }

    /// <summary>A ziplist; integers are given as long, strings as string.</summary>
    public static byte[] Ziplist(params object[] elements)
    {
        RdbBytes entries = new();
        int previousSize = 0, last = 10;
        foreach (object element in elements)
        {
            last = 10 + entries.Length;
            int before = entries.Length;
            if (previousSize < 254)
                entries.Byte(previousSize);
            else
                entries.Byte(254).Int32(previousSize);
            if (element is string text)
                AddString(entries, text);
            else
                AddInteger(entries, Convert.ToInt64(element));
            previousSize = entries.Length - before;
        }
        return new RdbBytes().Int32(entries.Length + 11).Int32(last).Int16(elements.Length).Raw(entries.ToArray()).Byte(255).ToArray();
    }

    /// <summary>A zipmap of fields and values in turns.</summary>
    public static byte[] Zipmap(params string[] fieldsAndValues)
    {
        RdbBytes map = new RdbBytes().Byte(Math.Min(fieldsAndValues.Length / 2, 254));
        for (int i = 0; i < fieldsAndValues.Length; i++)
        {
            string text = fieldsAndValues[i];
            if (text.Length < 254)
                map.Byte(text.Length);
            else
                map.Byte(254).Int32(text.Length);
            int spare = i % 2 * (text.Length % 3);
            if (i % 2 == 1)
                map.Byte(spare);
            map.Raw(text).Raw(new byte[spare]);
        }
        return map.Byte(255).ToArray();
    }

    private static void AddString(RdbBytes entries, string text)
    {
        if (text.Length < 64)
            entries.Byte(text.Length);
        else if (text.Length < 1 << 14)
            entries.Byte(0x40 | text.Length >> 8).Byte(text.Length);
        else
            entries.Byte(0x80).Byte(text.Length >> 24).Byte(text.Length >> 16).Byte(text.Length >> 8).Byte(text.Length);
        entries.Raw(text);
    }

    private static void AddInteger(RdbBytes entries, long value)
    {
        switch (value)
        {
            case >= 0 and <= 12:
                entries.Byte(0xf1 + (int)value);
                break;
            case >= sbyte.MinValue and <= sbyte.MaxValue:
                entries.Byte(0xfe).Number(value, 1);
                break;
            case >= short.MinValue and <= short.MaxValue:
                entries.Byte(0xc0).Number(value, 2);
                break;
            case >= -(1 << 23) and < 1 << 23:
                entries.Byte(0xf0).Number(value, 3);
                break;
            case >= int.MinValue and <= int.MaxValue:
                entries.Byte(0xd0).Number(value, 4);
                break;
            default:
                entries.Byte(0xe0).Number(value, 8);
                break;
        }
    }

    private RdbBytes Number(long value, int bytes)
    {
        for (int i = 0; i < bytes; i++)
            Byte((int)(value >> (8 * i)));
        return this;
    }
}
