namespace GitOps.Reconciler.Rendering;

/// <summary>
/// Bounds on what rendering one template may cost. All are counted, none is timed: a limit that depended on the machine would
/// make a revision valid on one and a finding on another.
/// </summary>
public static class TemplateLimits
{
    /// <summary>UTF-16 units of one string, and of the whole output.</summary>
    public const int TextLength = 64 * 1024;

    /// <summary>UTF-16 units and list items that all operations of one rendering together may produce.</summary>
    public const int Produced = 1024 * 1024;

    /// <summary>Nodes of the template's syntax tree that are evaluated.</summary>
    public const int Steps = 200_000;

    /// <summary>Iterations of a loop and of the loops inside it.</summary>
    public const int Iterations = 10_000;

    /// <summary>Calls inside calls.</summary>
    public const int CallDepth = 64;

    /// <summary>Bits of an integer.</summary>
    public const int IntegerBits = 128;

    /// <summary>Lists and mappings inside each other, and parentheses in an expression.</summary>
    public const int Depth = 64;
}
