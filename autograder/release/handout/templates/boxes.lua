-- Boxes of the builder's: functions of paper.typ, classes of style.css, quotations where there are no boxes.

local boxes = {about = true, solution = true, rubric = true, answer = true}

local function space(div)  -- empty paper, or a place to go on typing
  local height = div.attributes.height
  if not height then return {} end
  if FORMAT == "latex" then return {pandoc.RawBlock("latex", "\\vspace*{" .. height .. "mm} % write here, in place of this")} end
  if FORMAT == "markdown" then return {pandoc.RawBlock("html", "<!-- write here -->")} end
  return {}
end

function Div(div)
  local kind = div.classes[1]
  if not boxes[kind] or FORMAT:match("^html") then return nil end
  if FORMAT == "typst" then
    local given = div.attributes.height and "(" .. div.attributes.height .. "mm)" or ""
    div.content:insert(1, pandoc.RawBlock("typst", "#" .. kind .. given .. "["))
    div.content:insert(pandoc.RawBlock("typst", "]"))
    return div.content
  end
  local quoted = kind == "about" and {pandoc.BlockQuote(div.content)} or div.content
  return pandoc.List(quoted) .. space(div)
end

function Math(math)  -- a wide formula scrolls, and not the page
  if FORMAT:match("^html") and math.mathtype == "DisplayMath" then
    return pandoc.Span({math}, {class = "display"})
  end
end

function Table(table)  -- so does a wide table
  if FORMAT:match("^html") then return pandoc.Div({table}, {class = "sheet"}) end
end

function OrderedList(list)  -- (a) and not a., as in the other formats
  if FORMAT:match("^html") and list.delimiter == "TwoParens" then
    return pandoc.Div({list}, {class = "brackets"})
  end
end
