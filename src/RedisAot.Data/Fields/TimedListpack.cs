using System.Runtime.InteropServices;
using RedisAot.Memory;

namespace RedisAot.Data;

/// <summary>The head of a small hash whose fields may expire. Lives in native memory.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct TimedListpack
{
    /// <summary>What the keyspace notes.</summary>
    public FieldExpiryNotes Notes;

    /// <summary>The fields, with their times; see <see cref="FieldListpack"/>.</summary>
    public byte* Fields;

    /// <summary>A head for a listpack with times, of which the keyspace has noted nothing yet.</summary>
    public static TimedListpack* Create(byte* fields)
    {
        var head = (TimedListpack*)NativeHeap.AllocateZeroed((nuint)sizeof(TimedListpack));
        head->Notes.WheelTimeMs = long.MaxValue;
        head->Fields = fields;
        return head;
    }

    /// <summary>Frees the head and the listpack.</summary>
    public static void Free(TimedListpack* head)
    {
        NativeHeap.Free(head->Fields);
        NativeHeap.Free((byte*)head);
    }
}
