def draw_equations(*a): pass
def draw_learning(*a): pass
