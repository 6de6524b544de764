using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Files;

/// <summary>
/// Names and numbers of local users and groups, from /etc/passwd and /etc/group as they are at the moment; read again only
/// when they changed. Thread-safe.
/// </summary>
internal sealed class UserTable(IFileLayer layer)
{
    private const int LimitBytes = 4 << 20;
    private readonly ConcurrentDictionary<string, (FileStat? Stat, string[][] Lines)> _tables = new(StringComparer.Ordinal);

    public uint? UserNumber(string name) => Find("/etc/passwd", 0, name, 2) is { } text ? Number(text) : Number(name);

    public uint? GroupNumber(string name) => Find("/etc/group", 0, name, 2) is { } text ? Number(text) : Number(name);

    /// <summary>The group that a user's files belong to when none is named.</summary>
    public uint? PrimaryGroup(string user) => Find("/etc/passwd", 0, user, 3) is { } text ? Number(text) : null;

    public string UserName(uint number) => Find("/etc/passwd", 2, Text(number), 0) ?? Text(number);

    public string GroupName(uint number) => Find("/etc/group", 2, Text(number), 0) ?? Text(number);

    private string? Find(string path, int keyColumn, string key, int column)
    {
        foreach (var fields in Lines(path))
        {
            if (fields.Length > Math.Max(keyColumn, column) && fields[keyColumn] == key)
            {
                return fields[column];
            }
        }

        return null;
    }

    private string[][] Lines(string path)
    {
        var stat = layer.Stat(path); // before what it is about: a change in between is then seen the next time
        if (!_tables.TryGetValue(path, out var known) || known.Stat != stat)
        {
            var text = Encoding.UTF8.GetString(layer.Read(path, LimitBytes) ?? []);
            known = _tables[path] = (stat, [.. text.Split('\n').Select(line => line.Split(':'))]);
        }

        return known.Lines;
    }

    private static uint? Number(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);
}
