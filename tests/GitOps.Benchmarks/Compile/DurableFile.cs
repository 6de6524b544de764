using Microsoft.Win32.SafeHandles;

namespace GitOps.Benchmarks.Compile;

/// <summary>The cheapest durable write there is: one new file, everything in a row, one fsync.</summary>
internal static class DurableFile
{
    public static void Write(string path, IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        using (var stream = new FileStream(file, FileAccess.Write, bufferSize: 1 << 20))
        {
            foreach (var piece in pieces)
            {
                stream.Write(piece.Span);
            }

            stream.Flush();
            RandomAccess.FlushToDisk(file);
        }
    }
}
