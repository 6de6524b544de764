using System.Globalization;

namespace GitOps.Reconciler.Diffing;

/// <summary>Sizes for people: <c>812 B</c>, <c>12.5 KiB</c>, <c>3.0 MiB</c>.</summary>
public static class ByteSize
{
    private static readonly string[] Units = ["KiB", "MiB", "GiB", "TiB"];

    public static string Of(long bytes)
    {
        if (bytes < 1024)
        {
            return $"{bytes} B";
        }

        var size = bytes / 1024.0;
        var unit = 0;
        for (; size >= 1023.95 && unit < Units.Length - 1; unit++)
        {
            size /= 1024;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{size:0.0} {Units[unit]}");
    }
}
